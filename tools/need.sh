#!/usr/bin/env bash
# Installs Debian packages that a task needs, if any of them is missing.
#
#   need.sh tests|lint
set -euo pipefail

# One line each: the program (or perl:MODULE) to look for, and the package that
# brings it.
tests='swaks swaks
perl:Net::SSLeay libnet-ssleay-perl
perl:Mail::IMAPClient libmail-imapclient-perl
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
smtp-source postfix
doveadm dovecot-imapd
python3 python3
openssl openssl'
lint='shellcheck shellcheck'

case ${1:-} in
tests) list=$tests ;;
lint) list=$lint ;;
*) echo "usage: need.sh tests|lint" >&2 && exit 64 ;;
esac

have() {
	case $1 in
	perl:*) perl -M"${1#perl:}" -e 1 2>/dev/null ;;
	*) command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] ;;
	esac
}

missing=()
while read -r program package; do
	have "$program" || missing+=("$package")
done <<<"$list"
[ ${#missing[@]} -gt 0 ] || exit 0

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
echo "Installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
