"""What a modem says about its keys, read strictly: tokens, COSE, CSRs, PEM, JWTs. Pure: no I/O, no clock."""
