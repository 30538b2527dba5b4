//! Every test of Assay, in one binary. From the inside out: the rules, the commit path,
//! the sandbox, then stories over HTTP as users live them.

mod access;
mod agent_surface;
mod answers;
mod certification;
mod channels;
mod commands;
mod commit;
mod components;
mod criteria;
mod described;
mod disputes;
mod fields;
mod finance;
mod hostile;
mod house;
mod judges;
mod languages;
mod laws;
mod ledger;
mod lifecycle;
mod money;
mod openapi;
mod plugin_command;
mod plugins;
mod postgres;
mod pricing;
mod receipts;
mod refusals;
mod registry;
mod runner;
mod sandbox;
mod story;
mod windows;
