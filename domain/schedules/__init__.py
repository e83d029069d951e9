"""When things are due: autostart and quiet hours, weekdays, deadlines, the lifecycle rules. Pure date arithmetic; time is an argument."""
