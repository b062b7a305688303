"""What the exporter says where it cannot go on."""


class ExportError(Exception):
    """A sentence for the user, "what: why", of something that the exporter cannot take."""

    def __init__(self, what, why):
        super().__init__(f"{what}: {why}")


def several(names, most=6):
    """A list for a sentence, cut short."""
    names = [str(n) for n in names]
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "") if names else "none"
