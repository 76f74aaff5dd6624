// Package fold knows when two texts say the same for somebody who searches: it
// folds letters, takes off marks, and cuts text into the terms of an index.
//
// # Two forms of a text
//
// The cased form is that of i;unicode-casemap (RFC 5051): each character in
// title case, then decomposed (NFKD). IMAP compares texts in this form.
//
//	Đường về nhà  →  ĐU◌̛O◌̛◌̀NG VE◌̂◌̀ NHA◌̀
//
// The bare form is the cased one without marks behind Latin and Greek letters,
// and with the strokes of Latin letters taken off (Đ → D). Marks of other
// scripts are letters of their own (й is not и) and stay.
//
//	Đường về nhà  →  DUONG VE NHA
//
// A needle that has no such marks is looked for in the bare form of a text:
// duong finds đường. One that has some means them, and is looked for in the
// cased form: đường does not find duong. Since marks and strokes are the only
// difference, a needle without them that is in the cased form is in the bare
// form too, so the bare form finds everything that IMAP asks for and more.
//
// # Terms
//
// An index has no use for substrings of whole texts. It keeps terms, and a
// substring of a text is a substring of a term, or runs through several:
//
//   - a word: letters, marks and digits, and single connectors . - _ @ ' between
//     them, so that a.b@c.example is one term. A word longer than MaxTerm is cut
//     into pieces that overlap by half;
//   - where words have no blanks between them (Han, Kana, Thai, Lao, Khmer, …),
//     and for symbols such as emoji: each two neighbours, or one that stands
//     alone.
//
// [Words] cuts texts, [Parse] cuts what is searched for in the same way and says
// what its terms decide. For any text and needle: when the needle is in the
// text, each term of the query is in some term of the text; when the query is
// [Query.Whole], the reverse holds too.
//
// Everything here is linear in the text and keeps at most one unfinished word.
package fold
