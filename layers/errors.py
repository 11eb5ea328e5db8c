"""What the user can mend."""


class InputError(Exception):
    """Input that the user can mend; the message says how."""


class Cancelled(Exception):
    """The user stopped the work; nothing half written is left."""
