//! Models of the cell floor.

mod recycling;

mod walking;
