/* libxml2, loaded when first needed. Only its streaming reader is used. */
#pragma once

#include "base/lazy.h"

#include <libxml/xmlreader.h>

#define XML_FUNCTIONS(X)                                                                           \
	X(xmlFreeTextReader)                                                                       \
	X(xmlGetLineNo)                                                                            \
	X(xmlReaderForMemory)                                                                      \
	X(xmlTextReaderConstLocalName)                                                             \
	X(xmlTextReaderConstName)                                                                  \
	X(xmlTextReaderConstNamespaceUri)                                                          \
	X(xmlTextReaderConstPrefix)                                                                \
	X(xmlTextReaderConstValue)                                                                 \
	X(xmlTextReaderCurrentNode)                                                                \
	X(xmlTextReaderDepth)                                                                      \
	X(xmlTextReaderGetParserLineNumber)                                                        \
	X(xmlTextReaderIsEmptyElement)                                                             \
	X(xmlTextReaderIsNamespaceDecl)                                                            \
	X(xmlTextReaderMoveToElement)                                                              \
	X(xmlTextReaderMoveToNextAttribute)                                                        \
	X(xmlTextReaderNodeType)                                                                   \
	X(xmlTextReaderRead)                                                                       \
	X(xmlTextReaderSetStructuredErrorHandler)

LAZY_LIBRARY(xml, XML_FUNCTIONS)

#ifndef LAZY_NO_REDIRECT
#define xmlFreeTextReader lazy_xml.xmlFreeTextReader
#define xmlGetLineNo lazy_xml.xmlGetLineNo
#define xmlReaderForMemory lazy_xml.xmlReaderForMemory
#define xmlTextReaderConstLocalName lazy_xml.xmlTextReaderConstLocalName
#define xmlTextReaderConstName lazy_xml.xmlTextReaderConstName
#define xmlTextReaderConstNamespaceUri lazy_xml.xmlTextReaderConstNamespaceUri
#define xmlTextReaderConstPrefix lazy_xml.xmlTextReaderConstPrefix
#define xmlTextReaderConstValue lazy_xml.xmlTextReaderConstValue
#define xmlTextReaderCurrentNode lazy_xml.xmlTextReaderCurrentNode
#define xmlTextReaderDepth lazy_xml.xmlTextReaderDepth
#define xmlTextReaderGetParserLineNumber lazy_xml.xmlTextReaderGetParserLineNumber
#define xmlTextReaderIsEmptyElement lazy_xml.xmlTextReaderIsEmptyElement
#define xmlTextReaderIsNamespaceDecl lazy_xml.xmlTextReaderIsNamespaceDecl
#define xmlTextReaderMoveToElement lazy_xml.xmlTextReaderMoveToElement
#define xmlTextReaderMoveToNextAttribute lazy_xml.xmlTextReaderMoveToNextAttribute
#define xmlTextReaderNodeType lazy_xml.xmlTextReaderNodeType
#define xmlTextReaderRead lazy_xml.xmlTextReaderRead
#define xmlTextReaderSetStructuredErrorHandler lazy_xml.xmlTextReaderSetStructuredErrorHandler
#endif
