"""The subcommands of `python -m service`, one file each."""
