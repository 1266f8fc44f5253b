"""The checks of this PC, fixture, CA and cloud, each with its mend; :mod:`station.doctor.examination` makes them."""
