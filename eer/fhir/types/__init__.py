"""The resource types of the register, one file each; a file put here is a type that is kept."""
