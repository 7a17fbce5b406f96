# A VPC over two zones. Public subnets for the load balancer, private 1-2 for tasks, private 3-4 for the database.
locals {
  zones = slice(data.aws_availability_zones.available.names, 0, 2)
  subnets = {
    public-1  = { cidr = "10.0.1.0/24", zone = 0 }
    public-2  = { cidr = "10.0.2.0/24", zone = 1 }
    private-1 = { cidr = "10.0.3.0/24", zone = 0 }
    private-2 = { cidr = "10.0.4.0/24", zone = 1 }
    private-3 = { cidr = "10.0.5.0/24", zone = 0 }
    private-4 = { cidr = "10.0.6.0/24", zone = 1 }
  }
}

resource "aws_vpc" "main" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = "${var.name}-vpc" }
}

resource "aws_subnet" "all" {
  for_each          = local.subnets
  vpc_id            = aws_vpc.main.id
  cidr_block        = each.value.cidr
  availability_zone = local.zones[each.value.zone]
  tags              = { Name = "${var.name}-${each.key}" }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = "${var.name}-igw" }
}

resource "aws_eip" "nat" {
  domain     = "vpc"
  depends_on = [aws_internet_gateway.main]
  tags       = { Name = "${var.name}-nat" }
}

resource "aws_nat_gateway" "main" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.all["public-1"].id
  tags          = { Name = "${var.name}-nat" }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
  tags = { Name = "${var.name}-public" }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = "${var.name}-private" }
}

resource "aws_route" "out" {
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.main.id
}

resource "aws_route_table_association" "all" {
  for_each       = local.subnets
  subnet_id      = aws_subnet.all[each.key].id
  route_table_id = startswith(each.key, "public") ? aws_route_table.public.id : aws_route_table.private.id
}
