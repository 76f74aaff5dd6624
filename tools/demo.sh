#!/usr/bin/env bash
# Makes a demo domain in ./var when there is none, says how to use it, and
# serves it on loopback ports 10000 above the usual ones.
set -euo pipefail
cd "$(dirname "$0")/.."
tram=(bin/tram --config var/tram.toml)

if [ ! -f var/tram.toml ]; then
	mkdir -p var
	echo demo-an | "${tram[@]}" init --hostname mail.demo.test --data var/data --listen 127.0.0.1 \
		--port-offset 10000 --domain demo.test --admin an@demo.test --password-stdin >/dev/null
	echo demo-binh | "${tram[@]}" account add binh@demo.test --name "Trần Bình" --password-stdin >/dev/null
fi

cat <<'EOF'

  Tram demo: mail for demo.test, kept in ./var (make clean removes it)

    SMTP         127.0.0.1:10025     from other servers
    Submission   127.0.0.1:10587     STARTTLS;  127.0.0.1:10465 with TLS
    IMAP         127.0.0.1:10143     STARTTLS;  127.0.0.1:10993 with TLS
    POP3         127.0.0.1:10110     STARTTLS;  127.0.0.1:10995 with TLS
    Metrics      http://127.0.0.1:19125/metrics and /healthz

    Logins       an@demo.test    password demo-an     (administrator)
                 binh@demo.test  password demo-binh

  In another terminal:

    swaks --server 127.0.0.1:10587 -tls -au an@demo.test -ap demo-an \
          --from an@demo.test --to binh@demo.test --header 'Subject: Xin chào'
    curl -u binh@demo.test:demo-binh 'imap://127.0.0.1:10143/INBOX;MAILINDEX=1'
    curl -u binh@demo.test:demo-binh pop3://127.0.0.1:10110/1
    bin/tram -c var/tram.toml account list
    bin/tram -c var/tram.toml status

  Ctrl-C stops it.

EOF
exec "${tram[@]}" serve
