package control

import "context"

// Operations is everything that can be administered. Errors are of type
// *Error where something is known about their kind. Methods with an emit
// function call it for each result as it is found; an error of emit ends the
// work and is returned.
type Operations interface {
	AddDomain(ctx context.Context, d Domain) (Domain, error)
	UpdateDomain(ctx context.Context, c DomainChange) (Domain, error)
	DeleteDomain(ctx context.Context, name string) error
	Domains(ctx context.Context, emit func(Domain) error) error

	AddAccount(ctx context.Context, a NewAccount) (Account, error)
	UpdateAccount(ctx context.Context, c AccountChange) (Account, error)
	SetPassword(ctx context.Context, p Password) error
	DeleteAccount(ctx context.Context, d AccountDeletion) error
	Accounts(ctx context.Context, domain string, emit func(Account) error) error
	ImportAccounts(ctx context.Context, i Import, emit func(Progress) error) error

	AddAlias(ctx context.Context, a Alias) (Alias, error)
	DeleteAlias(ctx context.Context, address string) error
	Aliases(ctx context.Context, domain string, emit func(Alias) error) error

	BookOperations

	MailboxOperations

	QueueOperations

	ExplainOperations

	Trace(ctx context.Context, q TraceQuery, emit func(TraceEvent) error) error

	UpkeepOperations

	Status(ctx context.Context) (Status, error)
	Reload(ctx context.Context) (Reloaded, error)
}
