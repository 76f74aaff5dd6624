package mailstore

import (
	"context"
	"errors"
	"io"
	"iter"

	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// These are signatures only; bodies move to files of their own as they come.

var errNotYet = errors.New("mailstore: not yet")

// Mailboxes lists the mailboxes of an account by name, INBOX first, with the
// names that exist only because names below them do (ID 0).
func (s *Store) Mailboxes(ctx context.Context, a kv.Account) ([]Mailbox, error) {
	return nil, errNotYet
}

// Subscriptions lists the subscribed names, whether such mailboxes exist or not.
func (s *Store) Subscriptions(ctx context.Context, a kv.Account) ([]string, error) {
	return nil, errNotYet
}

// Lookup finds a mailbox by name or by special use, or returns ErrNoMailbox.
// Subscribed and HasChildren are not filled in.
func (s *Store) Lookup(ctx context.Context, a kv.Account, name string) (Mailbox, error) {
	return Mailbox{}, errNotYet
}

// Create makes a mailbox. Levels above it need not exist. use is a special use
// or empty (ErrUseTaken).
func (s *Store) Create(ctx context.Context, a kv.Account, name, use string) (Mailbox, error) {
	return Mailbox{}, errNotYet
}

// Delete removes a mailbox with its messages. Names below it stay.
func (s *Store) Delete(ctx context.Context, a kv.Account, name string) error { return errNotYet }

// Rename gives a mailbox and those below it new names. The rename of INBOX
// moves its messages to a new mailbox and leaves INBOX empty, and its
// children where they are (RFC 3501 6.3.5).
func (s *Store) Rename(ctx context.Context, a kv.Account, from, to string) error { return errNotYet }

// Subscribe adds a name to the subscriptions; such a mailbox need not exist.
func (s *Store) Subscribe(ctx context.Context, a kv.Account, name string) error { return errNotYet }

// Unsubscribe removes a name from the subscriptions.
func (s *Store) Unsubscribe(ctx context.Context, a kv.Account, name string) error { return errNotYet }

// Status returns the state of a mailbox.
func (s *Store) Status(ctx context.Context, a kv.Account, m MailboxID) (Status, error) {
	return Status{}, errNotYet
}

// StatusByName is Lookup and Status in one reading.
func (s *Store) StatusByName(ctx context.Context, a kv.Account, name string) (Mailbox, Status, error) {
	return Mailbox{}, Status{}, errNotYet
}

// Usage returns what counts against the quota of an account.
func (s *Store) Usage(ctx context.Context, a kv.Account) (bytes, messages int64, err error) {
	return 0, 0, errNotYet
}

// DeleteAccount removes all records of an account.
func (s *Store) DeleteAccount(ctx context.Context, a kv.Account) error { return errNotYet }

// View returns the newest picture of a mailbox.
func (s *Store) View(ctx context.Context, a kv.Account, m MailboxID) (*View, error) {
	return nil, errNotYet
}

// View is an immutable picture of one mailbox at one MODSEQ. All methods may
// be called from any goroutine.
type View struct{}

// Entry is one message in a view.
type Entry struct {
	Flags  Flags
	ModSeq ModSeq
	UID    UID
	Size   uint32 // octets
}

// Len is the number of messages.
func (v *View) Len() int { return 0 }

// At returns the message with index i; its sequence number is i+1.
func (v *View) At(i int) Entry { return Entry{} }

// Index returns the index of the message with this UID.
func (v *View) Index(uid UID) (int, bool) { return 0, false }

// Search returns the index of the first message whose UID is uid or larger,
// and Len when there is none.
func (v *View) Search(uid UID) int { return 0 }

// Blocks walks over the messages from index from on, in blocks: the index of
// the first message of the block, and its messages, which must not be changed.
func (v *View) Blocks(from int) iter.Seq2[int, []Entry] {
	return func(func(int, []Entry) bool) {}
}

// Keywords returns the names of the mailbox's keywords; the flag of the one
// with index i is Keyword(i). It must not be changed.
func (v *View) Keywords() []string { return nil }

// Mailbox returns the ID of the mailbox.
func (v *View) Mailbox() MailboxID { return 0 }

// Status returns the state of the mailbox at the MODSEQ of the view.
func (v *View) Status() Status { return Status{} }

// HighestModSeq is the last change that the view shows.
func (v *View) HighestModSeq() ModSeq { return 0 }

// UIDNext is the UID that the next message gets.
func (v *View) UIDNext() UID { return 0 }

// UIDValidity of the mailbox.
func (v *View) UIDValidity() uint32 { return 0 }

// Keeping returns the view with those messages of old that it no longer has,
// at their places, so that sequence numbers of a session that may not hear of
// an EXPUNGE yet stay right (RFC 3501 7.4.1). It is v itself when none is gone.
func (v *View) Keeping(old *View) *View { return v }

// ChangeKind says what happened to a message between two views.
type ChangeKind uint8

// The kinds of changes.
const (
	Expunged ChangeKind = iota + 1
	FlagsChanged
	Added
)

// Change is the difference of one message between two views.
type Change struct {
	Kind  ChangeKind
	Old   int   // index in the old view; -1 for Added
	New   int   // index in the new view; -1 for Expunged
	Entry Entry // in the new view; in the old one for Expunged
}

// Diff walks over the messages that differ between two views of one mailbox,
// in ascending order of UIDs. Blocks that both share cost nothing.
func Diff(old, new *View) iter.Seq[Change] { return func(func(Change) bool) {} }

// Messages calls fn for each message of the set that exists, in ascending
// order of UIDs, with the fields that want asks for. The Message is used again
// for the next call. An error of fn ends the walk and is returned.
func (s *Store) Messages(ctx context.Context, a kv.Account, m MailboxID, uids UIDSet, want Want, fn func(*Message) error) error {
	return errNotYet
}

// Body is the bytes of one message: its own lines, then the blob.
type Body struct {
	own  []byte
	blob blob.Reader
}

// Body opens the bytes of a message that was read with WantMeta. Bytes are
// verified before they are handed out (blob.ErrCorrupt).
func (s *Store) Body(ctx context.Context, m *Message) (*Body, error) { return nil, errNotYet }

// ReadAt implements io.ReaderAt.
func (b *Body) ReadAt(p []byte, off int64) (int, error) { return 0, io.EOF }

// Size is the number of octets.
func (b *Body) Size() int64 { return 0 }

// Close releases the blob.
func (b *Body) Close() error { return nil }

// AppendBody appends the whole bytes of a message that was read with WantMeta
// to dst. It is the fastest way to read a message.
func (s *Store) AppendBody(ctx context.Context, dst []byte, m *Message) ([]byte, error) {
	return dst, errNotYet
}

// AppendTx puts messages into mailboxes of one account within a transaction
// that names this account. It returns their UIDs in the order of the
// deliveries. After the commit, the caller calls [Store.Committed].
func (s *Store) AppendTx(tx kv.Tx, a kv.Account, deliveries []Delivery) ([]UID, error) {
	return nil, errNotYet
}

// Committed tells the store that a transaction with an AppendTx was committed.
// It does not wait: the commit is synced and watchers are told soon after.
func (s *Store) Committed(accounts ...kv.Account) {}

// Append puts messages into one mailbox, all or none (RFC 3502). It returns
// the UIDVALIDITY and the UIDs.
func (s *Store) Append(ctx context.Context, a kv.Account, m MailboxID, deliveries ...Delivery) (uint32, []UID, error) {
	return 0, nil, errNotYet
}

// FlagOp says what to do with flags.
type FlagOp uint8

// The operations of STORE.
const (
	AddFlags FlagOp = iota + 1
	RemoveFlags
	ReplaceFlags
)

// FlagChange is what STORE asks for.
type FlagChange struct {
	Op       FlagOp
	Flags    Flags    // system flags
	Keywords []string // new ones are added to the mailbox's table

	// With Conditional, messages that changed after UnchangedSince are left
	// alone (RFC 7162 3.1.3).
	Conditional    bool
	UnchangedSince ModSeq
}

// Stored is the outcome of StoreFlags.
type Stored struct {
	Changed  UIDSet // messages whose flags are different now
	Modified UIDSet // messages that failed the condition
	ModSeq   ModSeq // of the change; 0 when nothing changed
}

// StoreFlags changes the flags of those messages of the set that exist.
func (s *Store) StoreFlags(ctx context.Context, a kv.Account, m MailboxID, uids UIDSet, c FlagChange) (Stored, error) {
	return Stored{}, errNotYet
}

// Copied is the outcome of Copy and Move: the messages by their old and new
// UIDs, in the same order and number (COPYUID, RFC 4315).
type Copied struct {
	UIDValidity  uint32 // of the destination
	Source, Dest UIDSet
}

// Copy copies those messages of the set that exist to the end of another, or
// the same, mailbox with flags and dates. It copies all or none.
func (s *Store) Copy(ctx context.Context, a kv.Account, from, to MailboxID, uids UIDSet, q Quota) (Copied, error) {
	return Copied{}, errNotYet
}

// Move is Copy followed by the removal of the originals; each message is
// always in exactly one of the mailboxes (RFC 6851).
func (s *Store) Move(ctx context.Context, a kv.Account, from, to MailboxID, uids UIDSet) (Copied, error) {
	return Copied{}, errNotYet
}

// Expunge removes those messages of the set that have the flag Deleted, and
// returns them (EXPUNGE with AllUIDs, UID EXPUNGE of RFC 4315).
func (s *Store) Expunge(ctx context.Context, a kv.Account, m MailboxID, uids UIDSet) (UIDSet, error) {
	return nil, errNotYet
}

// Remove removes those messages of the set that exist, whatever their flags
// (POP3's QUIT), and returns them.
func (s *Store) Remove(ctx context.Context, a kv.Account, m MailboxID, uids UIDSet) (UIDSet, error) {
	return nil, errNotYet
}

// Watch has fn called after each synced change of a mailbox (0: of any mailbox
// of the account), until cancel. fn runs on a goroutine that all watchers
// share: it must not block, and may be called once for many changes or for
// none. cancel does not wait for a call that is under way.
func (s *Store) Watch(a kv.Account, m MailboxID, fn func()) (cancel func()) { return func() {} }

// Recent returns the first UID that no session has been told to be \Recent
// (RFC 3501 2.3.2).
func (s *Store) Recent(ctx context.Context, a kv.Account, m MailboxID) (UID, error) {
	return 0, errNotYet
}

// TakeRecent is Recent for a session that selects the mailbox for writing: all
// messages of its view are \Recent to no one after it.
func (s *Store) TakeRecent(ctx context.Context, a kv.Account, v *View) (UID, error) {
	return 0, errNotYet
}

// Vanished returns the UIDs that were expunged after a MODSEQ (QRESYNC, RFC
// 7162 3.2.5). complete is false when the change log does not reach back so
// far: then the UIDs are unknown.
func (s *Store) Vanished(ctx context.Context, a kv.Account, m MailboxID, since ModSeq) (uids UIDSet, complete bool, err error) {
	return nil, false, errNotYet
}

// Problem is one thing that Verify found or Rebuild repaired.
type Problem struct {
	Account kv.Account
	Mailbox MailboxID // 0 when it concerns the account
	UID     UID       // 0 when it concerns the mailbox
	Text    string
	Err     error // the cause, or nil
}

// Verify checks all records of an account against each other and reads every
// body. It goes on past problems and reports each. The error is about Verify
// itself.
func (s *Store) Verify(ctx context.Context, a kv.Account, report func(Problem)) error {
	return errNotYet
}

// Rebuild repairs what can be computed from other records (counters, name
// index, structure, envelope, header lines) and reports what it repaired.
func (s *Store) Rebuild(ctx context.Context, a kv.Account, report func(Problem)) error {
	return errNotYet
}

// LiveBlobs reports the blob of every message of every account, for
// blob.Store.Collect.
func LiveBlobs(snap kv.Snapshot, report func(blob.ID)) error { return errNotYet }
