"""A language model for tests that is asked for completions and nothing else."""


class CompletionsOnly:
    """Subclasses have `name` and `complete`."""

    async def acomplete(self, request):
        return self.complete(request)

    def ask(self, request):
        raise AssertionError("nothing but completions is asked")

    async def aask(self, request):
        self.ask(request)

    def close(self):
        pass
