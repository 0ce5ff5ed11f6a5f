# Never run: the executor is noop.
