"""The built-in provisioner: reads template archives and carries out what they declare."""
