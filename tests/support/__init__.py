"""What tests share: real servers and databases, ways to state a rule. No fakes of our own code."""
