"""What the user can mend."""


class InputError(Exception):
    """Input that the user can mend; the message says how."""
