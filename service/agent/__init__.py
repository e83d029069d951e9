"""The reference agent: runs a workspace's scripts on this machine and tells the service how they fare, over plain HTTP."""
