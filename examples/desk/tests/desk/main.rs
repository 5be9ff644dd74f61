//! The command line, as a person and as a program would use it.

mod bad_input;
mod crash;
mod demo;
mod family;
mod forgotten;
mod once;
mod terminal;
