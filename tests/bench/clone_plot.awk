# Draws clone.tsv: seconds over clones on logarithmic axes, and memory below. usage: awk -f clone_plot.awk clone.tsv >clone.svg
function lg(v) { return log(v) / log(10) }
function x(n) { return 80 + 130 * lg(n) }
function y(s) { return 340 - 60 * (lg(s) + 2) }
function ym(m) { return 560 - 45 * lg(m) }
function text(px, py, t, more) { printf "<text x=\"%.0f\" y=\"%.0f\" %s>%s</text>\n", px, py, more, t }
function line(x1, y1, x2, y2, how) { printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2, how }
BEGIN {
	FS = "\t"
	colour["seed"] = "#1b6ca8"; colour["no-seed"] = "#b5651d"; colour["seed+rsa"] = "#2e7d32"
	colour["virt-sysprep"] = "#9c27b0"; colour["virt-clone"] = "#c62828"; colour["qemu-img-create"] = "#666"
	grid = "stroke=\"#ddd\""
	print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 620\" font-family=\"sans-serif\" font-size=\"13\">"
	print "<rect width=\"800\" height=\"620\" fill=\"white\"/>"
	text(80, 24, "vmint clone: seconds for N clones", "font-size=\"16\"")
	for (n = 1; n <= 10000; n *= 10) {
		line(x(n), 40, x(n), 340, grid); line(x(n), 400, x(n), 560, grid)
		text(x(n), 358, n, "text-anchor=\"middle\""); text(x(n), 578, n, "text-anchor=\"middle\"")
	}
	for (k = -2; k <= 3; k++) { line(80, y(10 ^ k), 600, y(10 ^ k), grid); text(72, y(10 ^ k) + 4, 10 ^ k, "text-anchor=\"end\"") }
	text(80, 392, "peak memory, MiB", "font-size=\"16\"")
	for (k = 0; k <= 3; k++) { line(80, ym(10 ^ k), 600, ym(10 ^ k), grid); text(72, ym(10 ^ k) + 4, 10 ^ k, "text-anchor=\"end\"") }
	text(340, 600, "clones (both axes are logarithmic; dotted: one clone measured, the rest in proportion)", "text-anchor=\"middle\"")
}
NR > 1 && ($1 in colour) && $3 > 0 {
	c = "fill=\"" colour[$1] "\" stroke=\"" colour[$1] "\""
	if ($7 == "-") {
		s = $3 / $2; top = s < 1 ? 10000 : 1000 / s
		if (top > 10000) top = 10000
		if (top >= 1) line(x(1), y(s), x(top), y(s * top), c " stroke-dasharray=\"2 4\"")
		text(612, 60 + 20 * ++row, $1 sprintf(": %.3g s each", s), "fill=\"" colour[$1] "\"")
		next
	}
	printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" %s/>\n<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" %s/>\n", x($2), y($3), c, x($2), ym($5), c
	if ($1 in lastn) {
		line(x(lastn[$1]), y(lasts[$1]), x($2), y($3), c); line(x(lastn[$1]), ym(lastm[$1]), x($2), ym($5), c)
	} else text(612, 60 + 20 * ++row, $1, "fill=\"" colour[$1] "\"")
	lastn[$1] = $2; lasts[$1] = $3; lastm[$1] = $5
}
END { print "</svg>" }
