//! The actor floor: what users write and what their handlers can do.

pub(crate) mod fault;

pub(crate) mod exit;

pub(crate) mod kin;

pub(crate) mod parcel;

pub(crate) mod pending;

pub(crate) mod link;

pub(crate) mod ext;

pub(crate) mod post;

pub(crate) mod dead_letter;

pub(crate) mod tagged;

pub(crate) mod stock;

pub(crate) mod telling;

pub(crate) mod resume;

pub(crate) mod order;

pub(crate) mod farewell;

pub(crate) mod pressing;

pub(crate) mod deliver;

pub(crate) mod outside;

pub(crate) mod recipient;

pub(crate) mod address;

pub(crate) mod proxy;

pub(crate) mod upstream;

pub(crate) mod outlook;

pub(crate) mod status;

pub(crate) mod options;

#[cfg(feature = "sim")]
pub(crate) mod scene;

pub(crate) mod behavior;

pub(crate) mod seat;

pub(crate) mod ask;

pub(crate) mod deadline;

pub(crate) mod ask_outside;

pub(crate) mod notice;

pub(crate) mod gathering;

pub(crate) mod timekeeping;

pub(crate) mod flow_error;

pub(crate) mod flow;

pub(crate) mod timer;

pub(crate) mod retire;

pub(crate) mod batch;

pub(crate) mod stashing;

pub(crate) mod context;

pub(crate) mod failing;

pub(crate) mod tracked;

pub(crate) mod ending;

pub(crate) mod watch;

pub(crate) mod opening;

pub(crate) mod sorted;

pub(crate) mod turn;

#[cfg(feature = "sim")]
pub(crate) mod simulated;

pub(crate) mod reseat;

pub(crate) mod waiting;

pub(crate) mod own_thread;

pub(crate) mod waking;

pub(crate) mod spawn;

pub(crate) mod child;

pub(crate) mod guard;

pub(crate) mod own_turn;

pub(crate) mod promised;
