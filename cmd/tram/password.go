package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// maxPasswordLine bounds what is read from standard input.
const maxPasswordLine = 4096

// passwordFlags say where a password comes from. It never comes from an
// argument: those can be read by everyone on the machine while the command
// runs, and stay in the history of the shell.
type passwordFlags struct {
	generate, none, stdin bool
}

func (a *app) passwordFlags(c *cobra.Command, pw *passwordFlags) {
	c.Flags().BoolVar(&pw.generate, "generate", false, a.say.flagGenerate)
	c.Flags().BoolVar(&pw.none, "no-login", false, a.say.flagNoLogin)
	c.Flags().BoolVar(&pw.stdin, "password-stdin", false, a.say.flagPasswordStdin)
	c.MarkFlagsMutuallyExclusive("generate", "no-login", "password-stdin")
}

// password returns a password: generated, asked for on a terminal, or the
// first line of standard input.
func (a *app) password(pw passwordFlags, address string) (password string, generated bool, err error) {
	switch {
	case pw.none:
		return "", false, nil
	case pw.generate:
		return generatePassword(), true, nil
	case isTerminal(a.stdin) && !pw.stdin:
		password, err = a.ask(address)
	default:
		password, err = a.readLine()
	}
	return password, false, err
}

// ask asks twice on the terminal without showing what is typed.
func (a *app) ask(address string) (string, error) {
	read := func(prompt string) (string, error) {
		fmt.Fprint(a.stderr, prompt)
		text, err := term.ReadPassword(int(a.stdin.(*os.File).Fd()))
		fmt.Fprintln(a.stderr)
		return string(text), err
	}
	one, err := read(fmt.Sprintf(a.say.askPassword, address))
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	two, err := read(a.say.askAgain)
	switch {
	case err != nil:
		return "", fmt.Errorf("read password: %w", err)
	case one != two:
		return "", &codedError{exitData, errors.New(a.say.passwordsDiffer)}
	case one == "":
		return "", &codedError{exitData, errors.New(a.say.emptyPassword)}
	}
	return one, nil
}

// readLine reads the password of a script.
func (a *app) readLine() (string, error) {
	line, err := bufio.NewReader(io.LimitReader(a.stdin, maxPasswordLine)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("read password: %w", err)
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", &codedError{exitData, errors.New(a.say.emptyPassword)}
	}
	return line, nil
}

// passwordLetters leaves out what looks alike.
const passwordLetters = "abcdefghjkmnpqrstuvwxyz23456789"

// generatePassword returns four groups of four letters, some 79 bits.
func generatePassword() string {
	var b strings.Builder
	for b.Len() < 19 {
		if b.Len()%5 == 4 {
			b.WriteByte('-')
		}
		b.WriteByte(randomLetter())
	}
	return b.String()
}

// randomLetter draws each letter with the same chance: bytes beyond the last
// whole multiple of the alphabet are thrown away.
func randomLetter() byte {
	const usable = 256 / len(passwordLetters) * len(passwordLetters)
	for {
		var one [1]byte
		_, _ = rand.Read(one[:]) // never fails (crypto/rand)
		if int(one[0]) < usable {
			return passwordLetters[int(one[0])%len(passwordLetters)]
		}
	}
}
