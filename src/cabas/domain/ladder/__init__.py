"""The degradation ladder: which level a web process stands on, why, and the switch that forces one."""
