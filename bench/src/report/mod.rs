//! A run as one page that a browser shows without a network: verdict, table, plots, environment.

pub mod escape;

pub mod shell;

pub mod plot;

pub mod document;

pub mod cards;

pub mod percentile_plot;

pub mod comparison;

pub mod environment;

pub mod others;

pub mod page;

pub mod raw;

pub mod course;

pub mod series;

pub mod verdict;

pub mod rendered;

pub mod sheet;

pub mod folder;
