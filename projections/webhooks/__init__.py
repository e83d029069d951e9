"""Webhooks as they are set; how far each has come lies beside the log."""
