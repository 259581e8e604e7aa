"""What does the environment say about publication, and is all of it right?

One model a kind of process, so that none asks for what it must not hold. The same variable means
the same in each. Every setting stands in docs/configuration.md; a test compares.
"""
