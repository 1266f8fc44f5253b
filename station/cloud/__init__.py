"""nRF Cloud: what each of its APIs takes and answers. It keeps nothing: the outbox in ``line`` drives it."""
