//! Models of the scheduler floor.

mod crew;

mod seizing;

mod parking;

mod watching;

mod pooling;

mod handing;

mod counting;
