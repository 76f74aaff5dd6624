package main

import "strings"

// catalogue is every sentence that the command says to people in one
// language. A missing one is a compile-time gap that text_test.go reports:
// every field must be filled, with the same % verbs as in English.
//
// Texts of errors come from where they happen and are English. The texts of a
// larger subject are a struct of their own, with both languages in one file.
type catalogue struct {
	shortTram, longTram                                                                                     string
	shortInit, longInit, shortServe, longServe, shortCheck, shortReload                                     string
	shortStatus, shortVersion                                                                               string
	shortDomain, shortDomainAdd, shortDomainSet, shortDomainList, shortDomainDelete                         string
	shortAccount, shortAccountAdd, shortAccountList, shortAccountPasswd                                     string
	shortAccountQuota, shortAccountSet, shortAccountDelete, longAccountDelete                               string
	shortAccountImport, longAccountImport, longPassword                                                     string
	shortAlias, shortAliasAdd, shortAliasList, shortAliasDelete                                             string
	flagConfig, flagJSON, flagHostname, flagData, flagInitDomain, flagInitAdmin, flagListen, flagPortOffset string
	flagCatchAll, flagSeparator, flagName, flagQuota, flagQuotaMessages, flagAdmin                          string
	flagDisabled, flagPurge, flagGenerate, flagNoLogin, flagPasswordStdin                                   string
	flagImportGenerate, flagCreateDomains                                                                   string
	noConfig, configExists, checkOK, reloaded, reloadRestart                                                string
	initConfig, initData, initNext                                                                          string
	domainAdded, domainChanged, aliasAdded, deleted                                                         string
	accountAdded, accountAddedPassword, accountChanged                                                      string
	passwordChanged, passwordGenerated, askPassword, askAgain                                               string
	passwordsDiffer, emptyPassword, imported                                                                string
	noDomains, noAccounts, noAliases                                                                        string
	protocol, address, plaintextLogin, sessions, server, stopped, runningSince                              string
	version, memory, hostname, dataDirectory, queue, queueCounts, oldest                                    string
	expires, selfSigned, certificate, trouble                                                               string
	domain, catchAll, separator, created, alias, targets                                                    string
	name, messages, size, rights, disabled, admin                                                           string
	state, received, sender, recipients, recipient, next, lastReply, origin, expiresAt                      string
	attempts, tried                                                                                         string

	storeTexts
	queueTexts
	traceTexts
	explainTexts
	bookTexts
	mailboxTexts
	sendmailTexts
}

// catalogueFor chooses the language as the C library does: LC_ALL, then
// LC_MESSAGES, then LANG.
func catalogueFor(getenv func(string) string) *catalogue {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := getenv(name); value != "" {
			if strings.HasPrefix(value, "vi") {
				return vietnamese()
			}
			break
		}
	}
	return english()
}
