package message

import "strings"

// charsetAliases are names that mail has for charsets which the tables of
// browsers and of IANA know by another one.
var charsetAliases = map[string]string{
	"8bit": "", "binary": "", "none": "", "default": "", "unknown": "", "unknown-8bit": "", "x-unknown": "", "ansi": "",
	"646": "us-ascii", "ascii-us": "us-ascii", "iso646-us": "us-ascii", "ansi-x3.4": "us-ascii",

	"utf-8mb4": "utf-8", "utf8mb4": "utf-8", "utf-8n": "utf-8", "cp65001": "utf-8", "utf-8-mac": "utf-8",
	"utf16": "utf-16", "ucs2": "utf-16", "ucs-2": "utf-16", "utf32": "utf-32", "utf7": "utf-7",

	"ms932": "windows-31j", "mskanji": "windows-31j", "ms-kanji": "windows-31j", "x-ms-cp932": "windows-31j",
	"eucjp": "euc-jp", "x-euc": "euc-jp", "cp51932": "euc-jp", "eucjp-ms": "euc-jp",
	"iso-2022-jp-1": "iso-2022-jp", "iso-2022-jp-2": "iso-2022-jp", "iso-2022-jp-3": "iso-2022-jp", "iso-2022-jp-ms": "iso-2022-jp",
	"cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp", "cp50222": "iso-2022-jp", "x-cp50220": "iso-2022-jp", "x-cp50221": "iso-2022-jp",

	"uhc": "euc-kr", "ms949": "euc-kr", "x-windows-949": "euc-kr", "euckr": "euc-kr", "ks-c-5601": "euc-kr",
	"euc-cn": "gb2312", "euccn": "gb2312", "gb-18030": "gb18030", "hz": "hz-gb-2312", "ms936": "gbk",
	"x-big5": "big5", "big5hkscs": "big5-hkscs", "ms950": "big5",

	"tcvn3": "tcvn", "tcvn-3": "tcvn", "abc": "tcvn", "tcvn5712": "tcvn", "viscii1.1": "viscii",
	"macroman": "macintosh", "mac-roman": "macintosh", "cp10000": "macintosh", "mac-cyrillic": "x-mac-cyrillic",
	"cp1047": "ibm1047", "ebcdic-us": "ibm037",
}

// windowsCharsets are the numbers of Windows' code pages and what they are.
var windowsCharsets = map[string]string{
	"874": "windows-874", "932": "windows-31j", "936": "gbk", "949": "euc-kr", "950": "big5",
	"1250": "windows-1250", "1251": "windows-1251", "1252": "windows-1252", "1253": "windows-1253", "1254": "windows-1254",
	"1255": "windows-1255", "1256": "windows-1256", "1257": "windows-1257", "1258": "windows-1258",
	"65001": "utf-8", "20866": "koi8-r", "21866": "koi8-u",
}

// charsetName brings the name of a charset, as strangers write it, into the
// form in which it is looked up. "" is a charset that is not declared.
func charsetName(s string) string {
	s = strings.ToLower(strings.Trim(s, " \t\r\n\"'"))
	s = strings.TrimPrefix(s, "charset=")
	if end := strings.IndexAny(s, " \t;,\"'()<>"); end >= 0 {
		s = s[:end]
	}
	if alias, ok := charsetAliases[s]; ok {
		return alias
	}
	dashed := strings.ReplaceAll(s, "_", "-")
	if alias, ok := charsetAliases[dashed]; ok {
		return alias
	}
	switch prefix, digits := cutNumber(dashed); prefix {
	case "windows", "windows-", "win", "win-", "cp", "cp-", "ms", "ms-", "x-cp", "codepage-", "microsoft-cp":
		if name, ok := windowsCharsets[digits]; ok {
			return name // "windows-1252http-equiv…" too
		}
		if dashed == prefix+digits && len(digits) == 3 {
			return "ibm" + digits // a code page of DOS
		}
	case "ibm-", "dos-":
		return "ibm" + digits
	case "iso8859-", "iso-8859", "8859-", "iso8859":
		return "iso-8859-" + digits
	case "latin-":
		return "latin" + digits
	}
	if dashed == "utf-8" {
		return dashed
	}
	return s
}

// cutNumber cuts a name before its first number, and gives that number.
func cutNumber(s string) (prefix, digits string) {
	start := strings.IndexAny(s, "0123456789")
	if start < 0 {
		return s, ""
	}
	if strings.HasPrefix(s, "8859-") {
		start = len("8859-")
	} else if rest, ok := strings.CutPrefix(s, "iso8859-"); ok {
		start = len(s) - len(rest)
	} else if rest, ok := strings.CutPrefix(s, "iso8859"); ok {
		start = len(s) - len(rest)
	}
	end := start
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	return s[:start], s[start:end]
}
