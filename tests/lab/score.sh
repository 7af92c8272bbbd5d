# Reads the answers of one round and judges them by the table. Sourced by run.sh.

answer()
{
	cat "$dir/$1" 2>/dev/null
}

# $1 is one of the words of $2 ("a|b"; empty allows anything).
one_of()
{
	[ -z "$2" ] && return 0
	case "|$2|" in *"|$1|"*) ;; *) return 1 ;; esac
}

# What kvm-ok says: only ever about KVM, by its exit code.
kvm_ok_says()
{
	if [ "$s_ask" != kvm ]; then
		echo -
	elif [ "$(answer kvm-ok.code)" = 0 ]; then
		echo yes
	elif grep -q 'can NOT be used' "$dir/kvm-ok.out"; then
		echo no
	else
		echo -
	fi
}

# What virt-host-validate says about the question: by the lines that speak of it.
virt_host_validate_says()
{
	case $s_ask in
	kvm) lines='hardware virtualization|/dev/kvm' ;;
	iommu) lines='IOMMU' ;;
	vhost) lines='vhost-net|net/tun' ;;
	*)
		echo -
		return
		;;
	esac
	if grep -E "$lines" "$dir/virt-host-validate.out" | grep -qE ': (FAIL|WARN)'; then
		grep -E "$lines" "$dir/virt-host-validate.out" | grep -q 'Unknown if' && echo - || echo no
	elif grep -qE "($lines).*PASS" "$dir/virt-host-validate.out"; then
		echo yes
	else
		echo -
	fi
}

# Yes or no of the oracle's answer; a guest a thousand times slower than its host is no guest to use.
oracle_says()
{
	answer oracle.out | cut -d' ' -f1
}

# right, wrong, silent: $1 said, $2 true.
mark()
{
	if [ "$1" = - ]; then
		echo silent
	elif [ "$1" = "$2" ] || { [ "$2" = slow ] && [ "$1" = no ]; }; then
		echo right
	else
		echo WRONG
	fi
}

# Each word "id=wanted" against "path of id" in the JSON, blanks as _; prints what differs.
compare_rows()
{
	for pair in $1; do
		got=$("$WORK/pick" "$dir/vmint.out" "$(printf "$2" "${pair%%=*}")" 2>&1 | tr ' ' _)
		one_of "$got" "${pair#*=}" || printf ' %s is %s' "${pair%%=*}" "$got"
	done
}

judge_vmint()
{
	set -- $("$WORK/pick" "$dir/vmint.out" verdict cause.id cause.layer 2>/dev/null)
	verdict=${1:--} cause=${2:--} layer=${3:--} why=
	want=$s_verdict want_cause=$s_cause
	if [ "$want" = same ]; then
		set -- $("$WORK/pick" "$WORK/results/here/here-plain/vmint.out" verdict cause.id)
		want=${1:--} want_cause=${2:--}
		case $(cut -d' ' -f1 "$WORK/results/here/here-plain/oracle.out") in
		yes) [ "$want" != not-ready ] || why=' a guest runs' ;;
		slow) [ "$want" = degraded ] || why=' a guest runs, but slowly' ;;
		*) [ "$want" != ready ] || why=' no guest runs' ;;
		esac
		[ "$want_cause" != - ] || want_cause=
	fi
	one_of "$verdict" "$want" || why="$why verdict is not $want"
	one_of "$cause" "$want_cause" || one_of "$layer" "$want_cause" || why="$why cause is not $want_cause"
	[ "$want" != ready ] || [ "$cause" = - ] || why="$why ready has no cause"
	[ -z "$s_says" ] || "$WORK/pick" "$dir/vmint.out" cause | grep -qE -- "$s_says" || why="$why the cause does not say $s_says"
	why="$why$(compare_rows "$s_checks" 'checks[%s].verdict')$(compare_rows "$s_facts" 'facts.%s')"
}

# Said where it belongs in the table, and once more at the end, which is what is kept of a long CI run.
fault()
{
	echo "$1"
	faults="$faults$1
"
}

score_one()
{
	dir=$WORK/results/$b_name/$s_id
	[ -d "$dir" ] || {
		made_not=$((made_not + 1))
		fault "$(printf '%-26s could not be made' "$s_id")"
		return
	}
	truth=$s_truth
	[ "$truth" != same ] || truth=$(cut -d' ' -f1 "$WORK/results/here/here-plain/oracle.out")
	if [ -e "$dir/broken" ] || { [ "$s_ask" = kvm ] && [ "$(oracle_says)" != "$truth" ]; }; then
		broken=$((broken + 1))
		fault "$(printf '%-26s LABORATORY BROKEN: %s %s (oracle: %s)' "$s_id" "$(answer broken)" "$(answer broken.err | head -n 1)" "$(answer oracle.out)")"
		return
	fi
	total=$((total + 1))
	judge_vmint
	k=$(kvm_ok_says) v=$(virt_host_validate_says)
	k_mark=$(mark "$k" "$truth") v_mark=$(mark "$v" "$truth")
	[ -n "$why" ] && vmint_mark=WRONG || vmint_mark=right vmint_right=$((vmint_right + 1))
	[ $k_mark != right ] || kvm_ok_right=$((kvm_ok_right + 1))
	[ $k_mark != silent ] || kvm_ok_silent=$((kvm_ok_silent + 1))
	[ $v_mark != right ] || validate_right=$((validate_right + 1))
	[ $v_mark != silent ] || validate_silent=$((validate_silent + 1))
	printf '%-26s %-10s %-5s| %-5s %-10s %-28s| %-6s %-4s| %-6s %s\n' "$s_id" "$s_ask" "$truth" $vmint_mark "$verdict" "$cause" \
		$k_mark "$k" $v_mark "$v"
	[ -z "$why" ] || fault "$(printf '%-26s vmint:%s (oracle: %s)' "$s_id" "$why" "$(answer oracle.out)")"
}

count_skipped()
{
	skipped=$((skipped + 1))
}

score_boot()
{
	wanted || return
	if [ -d "$WORK/results/$b_name" ]; then
		for_each_situation score_one "$b_name"
	else
		for_each_situation count_skipped "$b_name"
	fi
}

score()
{
	faults='' total=0 skipped=0 broken=0 made_not=0 vmint_right=0 kvm_ok_right=0 kvm_ok_silent=0 validate_right=0 validate_silent=0
	printf '%-26s %-10s %-5s| %-45s| %-11s| %s\n' situation question truth vmint kvm-ok virt-host-validate
	for b in $(for_each_boot list_boot); do
		b_name=$b
		score_boot
	done
	printf 'right: vmint %d/%d, kvm-ok %d/%d (%d silent), virt-host-validate %d/%d (%d silent)\n' $vmint_right $total \
		$kvm_ok_right $total $kvm_ok_silent $validate_right $total $validate_silent
	printf '%s' "$faults"
	printf 'lab: %d passed, %d failed, %d skipped\n' $vmint_right $((total - vmint_right + broken + made_not)) $skipped
	[ $total -gt 0 ] || return 77
	[ $vmint_right = $total ] && [ $broken = 0 ] && [ $made_not = 0 ]
}

list_boot()
{
	echo "$b_name"
}
