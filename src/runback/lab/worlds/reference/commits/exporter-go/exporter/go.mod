module portal.lab.example/exporter

go 1.22
