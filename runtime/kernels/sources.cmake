# One file per instruction set, with the flags it needs.
