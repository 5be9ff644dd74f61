//! What the use cases promise, on fakes.

mod auditing;
mod changing;
mod checking_in;
mod enrolling;
mod erasing;
mod house;
mod layers;
mod relaying;
mod roll_calling;
mod sweeping;
mod the_rest;
mod uploading;
