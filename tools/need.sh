#!/usr/bin/env bash
# Installs Debian packages that a task needs, if any of them is missing.
#
#   need.sh tests|lint
set -euo pipefail

# One line each: a program, a file or perl:MODULE to look for, and the package
# that brings it.
tests='swaks swaks
perl:Net::SSLeay libnet-ssleay-perl
curl curl
mutt mutt
neomutt neomutt
mbsync isync
offlineimap offlineimap3
fetchmail fetchmail
getmail getmail6
mpop mpop
msmtp msmtp
s-nail s-nail
gsasl gsasl
/usr/share/perl5/Mail/IMAPClient.pm libmail-imapclient-perl
python3 python3
node nodejs
npm npm
openssl openssl'
# Packages of servers start them, which nobody wants on his desk. Their programs
# are used by a few tests, which skip without them.
servers='/usr/sbin/cron cron
/usr/sbin/smtp-source postfix
/usr/lib/dovecot/imap dovecot-imapd
/usr/lib/dovecot/lmtp dovecot-lmtpd
/usr/lib/dovecot/pop3 dovecot-pop3d'
lint='shellcheck shellcheck'

case ${1:-} in
tests) list=$tests${CI:+$'\n'$servers} ;;
lint) list=$lint ;;
*) echo "usage: need.sh tests|lint" >&2 && exit 64 ;;
esac

have() {
	case $1 in
	perl:*) perl -M"${1#perl:}" -e 1 2>/dev/null ;;
	*) command -v "$1" >/dev/null || [ -e "$1" ] ;;
	esac
}

missing=()
while read -r thing package; do
	have "$thing" || missing+=("$package")
done <<<"$list"
# Debian does not install Exim beside Postfix. Its program is unpacked into the
# cache, where the test looks for it, and only the libraries that it needs are
# installed. Without it the test skips.
exim=$(dirname "$0")/../.cache/exim
want_exim() { [ "$1" = tests ] && [ -n "${CI:-}" ] && [ "$(id -u)" -eq 0 ] && ! command -v exim4 >/dev/null && [ ! -e "$exim" ]; }

unpack_exim() {
	mkdir -p "$exim" && cd "$exim" || return
	apt-get download -qq exim4-daemon-light 2>/dev/null || return
	dpkg-deb -x exim4-daemon-light_*.deb . || return
	dpkg-deb -f exim4-daemon-light_*.deb Depends | tr ',' '\n' | sed 's/^ *//; s/[ (|].*//' | grep '^lib' |
		DEBIAN_FRONTEND=noninteractive xargs apt-get install -y -qq --no-install-recommends >/dev/null || return
	# The program was built to run as this user.
	id Debian-exim >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin Debian-exim
}

# Nor Cyrus beside Dovecot. It is unpacked likewise; the test that compares Tram
# with it goes without where it is not.
cyrus=$(dirname "$0")/../.cache/cyrus
want_cyrus() { [ "$1" = tests ] && [ -n "${CI:-}" ] && [ "$(id -u)" -eq 0 ] && [ ! -e "$cyrus" ]; }

unpack_cyrus() {
	mkdir -p "$cyrus" && cd "$cyrus" || return
	apt-get download -qq cyrus-imapd cyrus-common sasl2-bin 2>/dev/null || return
	for package in *.deb; do dpkg-deb -x "$package" . || return; done
	for package in cyrus-imapd_*.deb cyrus-common_*.deb; do dpkg-deb -f "$package" Depends; done |
		tr ',' '\n' | sed 's/^ *//; s/[ (|].*//' | grep '^lib' | grep -v '^libcyrus' | sort -u |
		DEBIAN_FRONTEND=noninteractive xargs apt-get install -y -qq --no-install-recommends >/dev/null || return
	rm -- *.deb
}

# Clients for Node, at the versions of tools/clients/package-lock.json. They need
# no root.
lock=$(dirname "$0")/clients/package-lock.json
clients=$(dirname "$0")/../.cache/clients

unpack_clients() {
	mkdir -p "$clients" && cp "${lock%-lock.json}.json" "$lock" "$clients" && cd "$clients" || return
	npm ci --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null
}

clients_for_node() {
	[ "$1" = tests ] && command -v npm >/dev/null && ! cmp -s "$lock" "$clients/package-lock.json" || return 0
	echo "Installing clients for Node"
	(unpack_clients) || {
		echo "npm could not install them; their tests will skip" >&2
		rm -rf "$clients"
	}
}

if [ ${#missing[@]} -eq 0 ] && ! want_exim "$1" && ! want_cyrus "$1"; then
	clients_for_node "$1"
	exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "Missing: ${missing[*]}. Install them as root: apt-get install ${missing[*]}" >&2
		exit 69
	fi
	as_root=(sudo)
fi
if ! command -v apt-get >/dev/null; then
	echo "Missing: ${missing[*]} (names of Debian packages). Install them with the tool of your system." >&2
	exit 69
fi
"${as_root[@]}" apt-get update -qq
if [ ${#missing[@]} -gt 0 ]; then
	echo "Installing ${missing[*]}"
	if command -v debconf-set-selections >/dev/null; then
		echo "postfix postfix/main_mailer_type select No configuration" | "${as_root[@]}" debconf-set-selections
	fi
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
if want_exim "$1"; then
	echo "Unpacking exim4-daemon-light"
	(unpack_exim) || echo "Exim could not be unpacked; its test will skip" >&2
fi
if want_cyrus "$1"; then
	echo "Unpacking cyrus-imapd"
	(unpack_cyrus) || {
		echo "Cyrus could not be unpacked; Tram is compared with Dovecot alone" >&2
		rm -rf "$cyrus"
	}
fi
clients_for_node "$1"
