module tram

go 1.26
