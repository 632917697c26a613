"""The figures: what each one measures in words (`catalog`), and the contenders that take part in it."""
