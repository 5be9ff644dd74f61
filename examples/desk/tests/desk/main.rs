//! The command line and the server, as a person and as a program would use them.

mod bad_input;
mod crash;
mod demo;
mod family;
mod forgotten;
mod incomplete;
mod once;
mod server;
mod serving;
mod stopping;
mod terminal;
mod through;
