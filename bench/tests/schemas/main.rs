//! What the commands write, held against the schemas of `reports/schema/`.

mod schema;

mod single;

mod several;
