"""The queue: every provisioner job, of builds, imports and dry runs alike."""
