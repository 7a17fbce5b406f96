insert into movie (id, title, release_year, genre) values
    (1,  'Inception',                2010, 'ACTION'),
    (2,  'The Dark Knight',          2008, 'ACTION'),
    (3,  'The Matrix',               1999, 'ACTION'),
    (4,  'Gladiator',                2000, 'ACTION'),
    (5,  'The Departed',             2006, 'CRIME'),
    (6,  'Pulp Fiction',             1994, 'CRIME'),
    (7,  'Heat',                     1995, 'CRIME'),
    (8,  'Zodiac',                   2007, 'CRIME'),
    (9,  'The Shawshank Redemption', 1994, 'DRAMA'),
    (10, 'Forrest Gump',             1994, 'DRAMA'),
    (11, 'Whiplash',                 2014, 'DRAMA'),
    (12, 'Parasite',                 2019, 'DRAMA'),
    (13, 'Some Like It Hot',         1959, 'COMEDY'),
    (14, 'Groundhog Day',            1993, 'COMEDY'),
    (15, 'The Big Lebowski',         1998, 'COMEDY'),
    (16, 'The Grand Budapest Hotel', 2014, 'COMEDY'),
    (17, '2001: A Space Odyssey',    1968, 'SCI_FI'),
    (18, 'Alien',                    1979, 'SCI_FI'),
    (19, 'Interstellar',             2014, 'SCI_FI'),
    (20, 'Arrival',                  2016, 'SCI_FI');

select setval(pg_get_serial_sequence('movie', 'id'), (select max(id) from movie));
