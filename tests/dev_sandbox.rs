mod answers;
mod components;
mod judges;
mod receipts;
mod sandbox;
