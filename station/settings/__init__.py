"""Station, product and fixture files: parsed once, frozen, hashed. No secret is ever in one."""
