"""The one error a user sees: a sentence that names the input and the remedy."""


class ImpastoError(Exception):
    """Bad input or an impossible wish, refused at the door.

    The message is one sentence for the user: what is wrong, with which input, and what to do about it.
    The command line prints it and exits with code 2; no traceback.
    """
