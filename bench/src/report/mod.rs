//! A run as one page that a browser shows without a network: verdict, table, plots, environment.

pub mod escape;

pub mod plot;

pub mod document;

pub mod percentile_plot;

pub mod comparison;

pub mod environment;

pub mod others;

pub mod page;
