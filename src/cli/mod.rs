//! The command line: what was asked for, and the exit code it ends with.
