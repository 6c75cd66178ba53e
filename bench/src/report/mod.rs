//! A run as one page that a browser shows without a network: verdict, table, percentile curves, environment.

pub mod escape;

pub mod percentile_plot;

pub mod comparison;

pub mod environment;

pub mod page;
