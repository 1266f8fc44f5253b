"""The local certificate authority: made once, opened by passphrase, signing leaves that follow one profile."""
