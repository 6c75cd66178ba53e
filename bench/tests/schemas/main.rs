//! What the commands write, held against the schemas of `reports/schema/`.

mod schema;

mod written;

mod single;

mod several;
