"""How well the detectors detect on ADBench tables, and where thresholds lie."""
