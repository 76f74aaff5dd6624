package main

func english() *catalogue {
	return &catalogue{
		storeTexts: englishStore(), queueTexts: englishQueue(), explainTexts: englishExplain(), traceTexts: englishTrace(), sendmailTexts: englishSendmail(),
		bookTexts: englishBook(), mailboxTexts: englishMailbox(),

		shortTram: "A mail server, and the command that administers it",
		longTram: `Tram is a mail server: SMTP, submission, IMAP and POP3 in one program.

Every subcommand but serve works whether a server runs or not. With --json
results are JSON, for scripts. The exit codes are those of sysexits(3): 0 all
is well, 64 wrong usage, 65 wrong data, 66 no input file, 67 not found, 69 no
server runs, 73 exists already, 74 the disk failed, 75 try again later, 77 no
permission, 78 mistakes in the configuration.`,
		shortInit: "Write a configuration, make the data directory and the first account",
		longInit: `Write a commented configuration file (to --config), make the data directory,
and add a first domain and its administrator when they are named. Nothing that
is there already is replaced.

  tram init --domain example.org --admin an@example.org`,
		shortServe: "Run the server",
		longServe: `Run the server until SIGTERM or SIGINT. SIGHUP reads the configuration and the
certificate again, as tram reload does.`,
		shortCheck:   "Check the configuration; every mistake is reported with its line",
		shortReload:  "Make the running server read configuration and certificate again",
		shortStatus:  "Show how the server is; the exit code tells whether it runs and is well",
		shortVersion: "Show the version",

		shortDomain:       "Domains whose mail is ours",
		shortDomainAdd:    "Add a domain",
		shortDomainSet:    "Change a domain",
		shortDomainList:   "List the domains",
		shortDomainDelete: "Delete a domain that has no accounts and aliases",

		shortAccount:       "Accounts: people who have mail here",
		shortAccountAdd:    "Add an account",
		shortAccountList:   "List the accounts, of one domain or of all",
		shortAccountPasswd: "Set the password of an account",
		shortAccountQuota:  "Set how much mail an account may keep; SIZE as in 2GiB, or none",
		shortAccountSet:    "Change name or rights of an account, or disable it",
		shortAccountDelete: "Delete an account",
		longAccountDelete: `Delete an account: nobody can log in to it or send mail to it from now on. Its
mail stays on disk for 7 days, unless --purge is given.`,
		shortAccountImport: "Add many accounts from a CSV file, all or none",
		longAccountImport: `Add the accounts of a CSV file ("-" is standard input). All of them are added,
or none when one of them cannot be; every mistake is reported with its line.

The columns are address, password, name, quota, admin, hash. The first line may
name those that are there, in any order; columns at the end may be left out.
A hash (argon2id or bcrypt) stands instead of a password. An account with
neither cannot log in, unless --generate makes a password for it; those are
then printed as CSV.

  address,password,name,quota
  an@example.org,secret,Nguyễn Văn An,2GiB`,
		longPassword: `The password is asked for on a terminal, or read as the first line of standard
input; it is never an argument, because everyone can see those.

  echo 'secret' | tram account add an@example.org`,

		shortAlias:       "Aliases: addresses whose mail goes to others",
		shortAliasAdd:    "Add an alias with one or many targets, here or elsewhere",
		shortAliasList:   "List the aliases, of one domain or of all",
		shortAliasDelete: "Delete an alias",

		flagConfig:         "configuration file (or TRAM_CONFIG)",
		flagJSON:           "write results as JSON",
		flagHostname:       "full name of this machine (default: mail.DOMAIN)",
		flagData:           "data directory",
		flagInitDomain:     "first domain to add",
		flagInitAdmin:      "address of the first account, an administrator",
		flagListen:         "address of this machine to listen on (default: all)",
		flagPortOffset:     "number added to the usual ports, for those who may not open ports below 1024",
		flagCatchAll:       "address that gets mail for unknown addresses; empty for none",
		flagSeparator:      "subaddress separator, one of + - . _ = # ~, or none (default +)",
		flagName:           "full name",
		flagQuota:          "most mail to keep, as in 2GiB; none by default",
		flagQuotaMessages:  "most messages to keep; 0 for no limit",
		flagAdmin:          "administrator; gets mail for postmaster and abuse",
		flagDisabled:       "no login and no mail",
		flagPurge:          "remove the mail now",
		flagGenerate:       "make up a password and print it",
		flagNoLogin:        "no password: nobody can log in",
		flagPasswordStdin:  "read the password from standard input even when that is a terminal",
		flagImportGenerate: "make up passwords for accounts that have none, and print them",
		flagCreateDomains:  "add domains that are missing",

		noConfig:      "no configuration at %s; make one with tram init, or name another with --config",
		configExists:  "%s exists already; look at it with tram check, or name another file with --config",
		checkOK:       "%s is in order.",
		reloaded:      "Reloaded: %s.",
		reloadRestart: "Waiting for a restart: %s.",
		initConfig:    "Configuration written to %s.",
		initData:      "Data directory: %s.",
		initNext:      "Next: look over %s, then start the server: tram serve --config %s",

		domainAdded:          "Domain %s added. Other servers find it by an MX record: %s. MX 10 %s.",
		domainChanged:        "Domain %s changed.",
		aliasAdded:           "Alias %s goes to %s.",
		deleted:              "%s deleted.",
		accountAdded:         "Account %s added.",
		accountAddedPassword: "Account %s added. Password: %s",
		accountChanged:       "Account %s changed.",
		passwordChanged:      "Password of %s changed.",
		passwordGenerated:    "New password of %s: %s",
		askPassword:          "Password for %s: ",
		askAgain:             "Again: ",
		passwordsDiffer:      "the passwords differ; nothing was done",
		emptyPassword:        "the password is empty; type one, pass it on standard input, or use --generate or --no-login",
		imported:             "%d accounts added.",

		noDomains:  "No domains; add one with tram domain add.",
		noAccounts: "No accounts; add one with tram account add.",
		noAliases:  "No aliases.",

		protocol: "Protocol", address: "Address", plaintextLogin: "Login without TLS", sessions: "Sessions",
		server: "Server", stopped: "not running", runningSince: "running as process %d since %s",
		version: "Version", memory: "Memory", hostname: "Host name", dataDirectory: "Data directory",
		queue: "Queue", queueCounts: "%d entries: %d fresh, %d waiting, %d in flight, %d held, %d damaged", oldest: "Oldest entry",
		expires: ", expires %s", selfSigned: " (self-signed)", certificate: "Certificate", trouble: "TROUBLE",
		domain: "Domain", catchAll: "Catch-all", separator: "Separator", created: "Created",
		alias: "Alias", targets: "Goes to",
		name: "Name", messages: "Messages", size: "Size", rights: "Rights", disabled: "disabled", admin: "administrator",
		state: "State", received: "Received", sender: "Sender", recipients: "Recipients", recipient: "Recipient",
		next: "Next try", lastReply: "Last reply", origin: "From", expiresAt: "Expires", attempts: "Tries", tried: "Last try",
	}
}
